"""The columns of Dataverse that we do not read: a saved row has them, loading drops them without a word.

Names: Common Data Model schemas of the tables, and the entity reference where a column is newer. What stands neither
here nor in the record is refused, so that a column with a typing error is never lost. Amounts in the base currency
(`..._base`) exist for every amount and are left out here.
"""

from collections.abc import Mapping
from types import MappingProxyType


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# every table has them
PLATFORM_COLUMNS = _names(
    """
    createdby createdbyexternalparty createdon createdonbehalfby entityimage entityimage_timestamp entityimage_url
    entityimageid exchangerate importsequencenumber modifiedby modifiedbyexternalparty modifiedon modifiedonbehalfby
    organizationid overriddencreatedon ownerid ownerid_type owneridtype owningbusinessunit owningteam owninguser
    processid stageid statecode statuscode timezoneruleversionnumber traversedpath utcconversiontimezonecode
    versionnumber
    """
)

# entity set: its columns that we do not read
UNREAD_COLUMNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "msdyn_actuals": _names(
            """
            msdyn_accountcustomer msdyn_accountvendor msdyn_amount_after_tax msdyn_amountmethod
            msdyn_basisamount msdyn_basisprice msdyn_basisquantity msdyn_contactcustomer
            msdyn_contactvendor msdyn_contractorganizationalunitid msdyn_customertype msdyn_documentdate
            msdyn_enddatetime msdyn_exchangeratedate
            msdyn_externalreferencedate msdyn_externalreferenceid msdyn_isintercompany
            msdyn_isjournalized msdyn_percent msdyn_pricelist msdyn_resourcecategory
            msdyn_resourceorganizationalunitid msdyn_resourcingcompany msdyn_salescontractline
            msdyn_startdatetime msdyn_task msdyn_tax msdyn_unit msdyn_unitschedule msdyn_vendortype
            processid stageid traversedpath
            """
        ),
        "msdyn_contractlinescheduleofvalues": _names(
            """
            msdyn_amount_after_tax msdyn_contractline msdyn_contractlinedescription msdyn_description
            msdyn_externaldescription msdyn_invoicedate msdyn_owningcompany msdyn_price
            msdyn_projecttask msdyn_startdatetime msdyn_transactiontypecode
            """
        ),
        "msdyn_contractlineinvoiceschedules": _names(
            """
            msdyn_contractline msdyn_name msdyn_project
            """
        ),
        "msdyn_contractretainers": _names(
            """
            msdyn_description msdyn_owningcompany
            """
        ),
        "msdyn_transactionconnections": _names(
            """
            msdyn_name
            """
        ),
        "msdyn_transactioncategories": _names(
            """
            msdyn_billingtype msdyn_defaultunit msdyn_unitgroup organizationid
            """
        ),
        "msdyn_projects": _names(
            """
            msdyn_actualdurationminutes msdyn_actualend msdyn_actualexpensecost msdyn_actualhours
            msdyn_actuallaborcost msdyn_actualsales msdyn_actualstart msdyn_bulkgenerationstatus
            msdyn_calendarid msdyn_comments msdyn_contractorganizationalunitid msdyn_costconsumption
            msdyn_costestimateatcomplete msdyn_costperformence msdyn_costvariance msdyn_customer
            msdyn_description msdyn_disablecreateofteammemberformanager
            msdyn_effortestimateatcompleteeac msdyn_exchangerate msdyn_islinkedtomsprojectclient
            msdyn_istemplate msdyn_linkeddocumenturl msdyn_overallprojectstatus msdyn_owningcompany
            msdyn_plannedexpensecost msdyn_plannedhours msdyn_plannedlaborcost msdyn_plannedsales
            msdyn_progress msdyn_projectmanager msdyn_projectresourcerequirementsvisibletore
            msdyn_projectteamid msdyn_projecttemplate msdyn_remainingcost msdyn_remaininghours
            msdyn_remainingsales msdyn_salesconsumption msdyn_salesestimateatcompleteeac
            msdyn_salesorderid msdyn_salesvariance msdyn_scheduleddurationminutes msdyn_scheduledend
            msdyn_scheduledstart msdyn_scheduleperformance msdyn_schedulevariance msdyn_stagename
            msdyn_statusupdatedon msdyn_teamsize msdyn_teamsize_date msdyn_teamsize_state
            msdyn_totalactualcost msdyn_totalplannedcost msdyn_wbsduration msdyn_workhourtemplate
            processid stageid transactioncurrencyid traversedpath
            """
        ),
        "salesorders": _names(
            """
            accountid billto_addressid billto_city billto_composite billto_contactname billto_country
            billto_fax billto_line1 billto_line2 billto_line3 billto_name billto_postalcode
            billto_stateorprovince billto_telephone campaignid contactid datefulfilled description
            discountamount discountpercentage emailaddress entityimageid freightamount freighttermscode
            ispricelocked lastbackofficesubmit lastonholdtime msdyn_accountmanagerid
            msdyn_billtocontactname msdyn_contractorganizationalunitid msdyn_isoriginal
            msdyn_previousordernumber msdyn_psastate msdyn_psastatusreason
            msdyn_totalchargeablecostrollup msdyn_totalnonchargeablecostrollup onholdtime opportunityid
            paymenttermscode pricelevelid pricingerrorcode prioritycode processid quoteid
            requestdeliveryby shippingmethodcode shipto_addressid shipto_city shipto_composite
            shipto_contactname shipto_country shipto_fax shipto_freighttermscode shipto_line1
            shipto_line2 shipto_line3 shipto_name shipto_postalcode shipto_stateorprovince
            shipto_telephone slaid slainvokedid stageid submitdate submitstatus submitstatusdescription
            totalamount totalamountlessfreight totaldiscountamount totallineitemamount
            totallineitemdiscountamount totaltax traversedpath willcall
            """
        ),
        "salesorderdetails": _names(
            """
            baseamount description extendedamount iscopied ispriceoverridden isproductoverridden
            manualdiscountamount msdyn_billingstartdate msdyn_billingstatus msdyn_budgetamount
            msdyn_costamount msdyn_costpriceperunit msdyn_includeexpense msdyn_includefee
            msdyn_includematerial msdyn_includetime msdyn_invoicefrequency msdyn_linetype
            msdyn_quoteline parentbundleid parentbundleidref priceperunit pricingerrorcode
            productassociationid productid productname producttypecode propertyconfigurationstatus
            quantity quantitybackordered quantitycancelled quantityshipped quotedetailid
            requestdeliveryby salesorderdetailname salesorderispricelocked salesorderstatecode
            salesrepid sequencenumber shipto_addressid shipto_city shipto_contactname shipto_country
            shipto_fax shipto_freighttermscode shipto_line1 shipto_line2 shipto_line3 shipto_name
            shipto_postalcode shipto_stateorprovince shipto_telephone tax transactioncurrencyid uomid
            volumediscountamount willcall
            """
        ),
        "accounts": _names(
            """
            accountcategorycode accountclassificationcode accountratingcode addressid aging30 aging60
            aging90 businesstypecode creditlimit creditonhold customersizecode customertypecode
            defaultpricelevelid description donotbulkemail donotbulkpostalmail donotemail donotfax
            donotphone donotpostalmail donotsendmm emailaddress1 emailaddress2 emailaddress3
            entityimageid fax followemail ftpsiteurl industrycode lastonholdtime lastusedincampaign
            marketcap marketingonly masterid merged msdyn_externalaccountid numberofemployees onholdtime
            opendeals opendeals_date opendeals_state openrevenue openrevenue_date openrevenue_state
            originatingleadid ownershipcode parentaccountid participatesinworkflow paymenttermscode
            preferredappointmentdaycode preferredappointmenttimecode preferredcontactmethodcode
            preferredequipmentid preferredserviceid preferredsystemuserid primarycontactid
            primarysatoriid primarytwitterid processid revenue sharesoutstanding shippingmethodcode sic
            slaid slainvokedid stageid stockexchange telephone1 telephone2 telephone3 territorycode
            territoryid tickersymbol timespentbymeonemailandmeetings transactioncurrencyid traversedpath
            websiteurl yominame
            """
        ),
        "transactioncurrencies": _names(
            """
            currencyname currencysymbol currencytype entityimage entityimage_timestamp entityimage_url
            entityimageid organizationid uniquedscid
            """
        ),
        "cdm_companies": _names(
            """
            cdm_isenabledfordualwrite companyid companytype name
            """
        ),
        "bookableresources": _names(
            """
            accountid calendarid contactid msdyn_derivecapacity msdyn_displayonscheduleassistant
            msdyn_displayonscheduleboard msdyn_endlocation msdyn_generictype
            msdyn_isgenericresourceprojectscoped msdyn_organizationalunit msdyn_pooltype
            msdyn_primaryemail msdyn_startlocation msdyn_targetutilization processid resourcetype
            stageid timezone transactioncurrencyid traversedpath userid
            """
        ),
        "products": _names(
            """
            currentcost currentcost_base defaultuomid defaultuomscheduleid description dmtimportstate hierarchypath
            iskit isreparented isstockitem msdyn_converttocustomerasset msdyn_defaultvendor
            msdyn_fieldserviceproducttype msdyn_purchasename msdyn_taxable
            msdyn_transactioncategory msdyn_upccode parentproductid price price_base
            pricelevelid productstructure producttypecode producturl quantitydecimal quantityonhand size
            standardcost standardcost_base stockvolume stockweight subjectid suppliername transactioncurrencyid
            validfromdate validtodate vendorid vendorname vendorpartnumber
            """
        ),
        "msdyn_projectcontractsplitbillingrules": _names(
            """
            msdyn_billingsplitpercentage msdyn_billtocontactname msdyn_billtoname msdyn_contact msdyn_contractline
            msdyn_customertype msdyn_isprimary msdyn_isrounding msdyn_nottoexceedlimit msdyn_owningcompany
            """
        ),
    }
)
